"""What hangs in `studio-b`: wet paint, cloth and towns.

The alt texts describe what these seeds paint. Change a seed, and look before you keep its
description.
"""

from server.model import Visibility
from server.sampleart import cloth, town, wash
from server.sampleart.catalogue import SampleArtist, SampleWork, Study

ARTISTS = (
    SampleArtist(
        "studio-b",
        "ysolde",
        "Ysolde Marrowby",
        "Weather, mostly. I paint what is left when the fog has taken the rest."
        "\n\n(An invented artist: the pictures come with this demo.)",
    ),
    SampleArtist(
        "studio-b",
        "nanami",
        "Nanami Tellwright",
        "Patterns for floors, beds and cities. If it repeats, I want to know when it stops."
        "\n\n(An invented artist: the pictures come with this demo.)",
    ),
)

_WASHED = (
    SampleWork(
        "ysolde",
        "Before the Valley Wakes",
        (Study(wash.misty_mountains),),
        (
            (
                "Layers of mountain ridges in blue-grey, darkest in front, each dissolving into"
                " mist before the next begins. Above them a pale round sun stands in a peach-"
                "coloured morning sky. Quiet and cool."
            ),
        ),
        "Seven washes, seven cups of tea.",
        ("mountains", "mist", "landscape"),
        "Gouache",
        "2026",
    ),
    SampleWork(
        "ysolde",
        "霧の朝",
        (Study(wash.pines_in_fog),),
        (
            (
                "Tall ink painting of a hillside in fog. Groups of pines fade from near-black "
                "in front to a whisper of grey above, with empty mist between them. A small red"
                " seal with a mountain sits at the upper right."
            ),
        ),
        "“Foggy morning”. The paper did most of it.",
        ("ink", "pines", "fog"),
        "Ink wash on paper",
        "2025",
    ),
    SampleWork(
        "ysolde",
        "Breathing Exercise",
        (Study(wash.breathing),),
        (
            (
                "Nine round watercolour washes in rows of three, ochre to plum to blue to "
                "green, run over each other's edges and darken where they meet. Each has a "
                "smaller pool inside; fine droplets are scattered on the white paper."
            ),
        ),
        "In for four, out for six. For those who follow along.",
        ("watercolour", "abstract", "colour"),
        "Watercolour",
        "2026",
        visibility=Visibility.FOLLOWERS,
    ),
    SampleWork(
        "ysolde",
        "Low Tide, Looking West",
        (Study(wash.low_tide),),
        (
            (
                "Wide seascape in short thick horizontal strokes: grey-blue sky, a glowing "
                "apricot horizon, teal water with flecks of foam and a band of wet sand in "
                "front. A soft beam of light comes down left of the middle."
            ),
        ),
        "Painted standing up, with cold feet.",
        ("sea", "brushstrokes", "panorama"),
        "Oil sketch",
        "2024",
    ),
    SampleWork(
        "ysolde",
        "Seventeen Poppies",
        (Study(wash.poppies),),
        (
            (
                "Loose watercolour of red and orange poppies with dark hearts, small at the "
                "back and large in front, on thin stems among green grass. The sky is damp blue"
                " and cream, and petals show through each other."
            ),
        ),
        "I counted afterwards.",
        ("watercolour", "poppies", "meadow"),
        "Watercolour and pen",
        "2025",
    ),
    SampleWork(
        "ysolde",
        "Weather Diary, Five Weeks",
        (Study(wash.weather_diary),),
        (
            (
                "Thirty-five small painted skies in a grid of seven by five on white paper, one"
                " for each day: blue noons, grey drizzle, orange evenings and violet nights, "
                "each over a thin strip of dark land. Some have a little sun."
            ),
        ),
        "One a day, before breakfast. Week three was rough.",
        ("weather", "diary", "sky"),
        "Watercolour, masking tape",
        "2026",
    ),
)

_PIECED = (
    SampleWork(
        "nanami",
        "Last Tram",
        (Study(town.last_tram),),
        (
            (
                "A river quarter at night: dark gabled houses and towers with warm lit windows "
                "under a full moon and a violet sky. A red tram with bright windows runs along "
                "the quay, and everything trembles upside down in the water."
            ),
        ),
        "Somebody on the third floor never sleeps either.",
        ("city", "night", "windows"),
        "Digital drawing",
        "2026",
    ),
    SampleWork(
        "nanami",
        "Quilt for a Cold Flat",
        (Study(cloth.quilt),),
        (
            (
                "A square quilt of sixteen blocks: eight-pointed stars in brick, teal, green "
                "and ochre alternate with turning triangles on navy. A checked border runs "
                "round, and wavy rows of hand stitches cross the whole cloth."
            ),
        ),
        "Every star found its own scraps.",
        ("quilt", "textile", "geometry"),
        "Cotton, pieced and hand-stitched",
        "2025",
    ),
    SampleWork(
        "nanami",
        "The Long Way Round",
        (Study(town.truchet),),
        (
            (
                "Curving triple bands wander over cream paper in loops and half circles, made "
                "from one tile turned at random. The colour travels from deep teal at the top "
                "left through gold to red and plum at the bottom right."
            ),
        ),
        "One tile, two positions, no map.",
        ("truchet", "tiles", "pattern"),
        "Screen print",
        "2026",
    ),
    SampleWork(
        "nanami",
        "Stairwell City",
        (Study(town.stairwell),),
        (
            (
                "Tall view over a hillside town of isometric blocks, crowded roof on roof, "
                "cream at the top, coral in the middle and dusky purple below. The light comes "
                "from the left; small arched doors are cut into some of the walls."
            ),
        ),
        "No lifts, good calves.",
        ("isometric", "architecture", "town"),
        "Digital drawing",
        "2024",
    ),
    SampleWork(
        "nanami",
        "Harbour, Folded",
        (Study(town.folded_harbour),),
        (
            (
                "Panorama of a harbour at sunset built from flat triangles, as if folded from "
                "paper: bands of violet, pink and yellow sky, dark headlands at the left, and a"
                " low sun whose reflection breaks into pale facets on blue water."
            ),
        ),
        "I tried to fold the real one first.",
        ("lowpoly", "harbour", "sunset"),
        "Digital collage",
        "2025",
    ),
    SampleWork(
        "nanami",
        "Weft for November",
        (Study(cloth.weft),),
        (
            (
                "Close view of a woven blanket: threads in navy, teal, madder and gold cross in"
                " nested diamonds and zigzags. Broad soft stripes of colour blur into one "
                "another, and each thread catches a little light."
            ),
        ),
        "Two hundred ends, one mistake. Found it?",
        ("weaving", "textile", "pattern"),
        "Wool, woven twill",
        "2026",
    ),
)


WORKS = _WASHED + _PIECED
