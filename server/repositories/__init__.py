"""What is kept, one interface per noun. The docstrings are the contracts; `storage` keeps them.

Reads never raise for "not there": they answer None or an empty list; the flow decides what
absence means. Lists page by the id of the last row seen.
"""
