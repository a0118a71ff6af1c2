"""The art server itself: nouns, rules, flows, seams and settings. Imports no other room."""
