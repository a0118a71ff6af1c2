"""What hangs in `studio-a`: plotter drawings and relief prints.

The alt texts describe what these seeds paint. Change a seed, and look before you keep its
description.
"""

from server.model import Visibility
from server.sampleart import pen, relief, riso
from server.sampleart.catalogue import SampleArtist, SampleWork, Study

ARTISTS = (
    SampleArtist(
        "studio-a",
        "teodor",
        "Teodor Quillfeather",
        "I write small programs and let an old pen plotter argue with them. Ink, paper, patience."
        "\n\n(An invented artist: the pictures come with this demo.)",
    ),
    SampleArtist(
        "studio-a",
        "maren",
        "Maren Ostervale",
        "Printmaker by the harbour. Lino, plank and scissors, and a shared riso on Thursdays."
        "\n\n(An invented artist: the pictures come with this demo.)",
    ),
)

_PLOTTED = (
    SampleWork(
        "teodor",
        "Northerly, with Doubts",
        (Study(pen.streamlines), Study(pen.streamlines_detail)),
        (
            (
                "Hundreds of fine indigo ink lines stream across cream paper like wind over a "
                "wheat field. Right of the middle, the lines that pass through a circle turn "
                "vermilion, so that a sun appears without an outline."
            ),
            (
                "Close view of the same drawing: red lines bend and gather at the lower edge of"
                " the sun, and change to dark blue where they leave it. Pen ends are blunt and "
                "slightly uneven."
            ),
        ),
        "No two lines touch. The plotter needed eleven hours and one change of pen.",
        ("plotter", "flowfield", "ink"),
        "Pen plotter drawing, two inks",
        "2026",
    ),
    SampleWork(
        "teodor",
        "Interference No. 4",
        (Study(pen.interference),),
        (
            (
                "Two sets of thin concentric black rings on white, their centres a little "
                "apart, cross into a fan of rays that seems to flicker. In a disc in the middle"
                " the white is replaced by bright orange."
            ),
        ),
        "Best from across the room. Please don't look at it with a headache.",
        ("opart", "moiré", "circles"),
        "Pen plotter drawing and screen print",
        "2025",
        is_sensitive=True,
        sensitive_reason="Flickering high-contrast pattern",
    ),
    SampleWork(
        "teodor",
        "Chart for a Moonless Ferry",
        (Study(pen.constellations),),
        (
            (
                "A star chart in deep blue that warms to violet at the bottom. Five invented "
                "constellations, amber-haloed stars joined by hairlines, lie over a pale milky "
                "band and the faint arcs of a chart-maker's compass."
            ),
        ),
        "None of these constellations exist. The ferry does; it leaves at 4:40.",
        ("stars", "map", "night"),
        "Digital drawing",
        "2026",
    ),
    SampleWork(
        "teodor",
        "Fennel, Running to Seed",
        (Study(pen.umbels),),
        (
            (
                "Botanical drawing on tall cream paper: three fennel stems rise from one foot "
                "and open into umbels of ochre and rust seeds, the tallest at the top. Feathery"
                " green leaves branch off the lower stems."
            ),
        ),
        "Grown from four rules, like the one behind our kitchen.",
        ("botanical", "lsystem", "fennel"),
        "Pen plotter drawing, coloured inks",
        "2024",
    ),
    SampleWork(
        "teodor",
        "",
        (Study(pen.pendulums),),
        (
            (
                "On dark green, loops of hair-thin light in gold, coral, cream and teal swing "
                "through one bright centre and spread like the petals of an opening flower, a "
                "little out of step with each other."
            ),
        ),
        "Four pendulums and a slow hand. It hasn't told me its name yet.",
        ("harmonograph", "lines"),
        "Digital drawing",
        "2026",
        visibility=Visibility.UNLISTED,
    ),
    SampleWork(
        "teodor",
        "The Pass at Night, in Sections",
        (Study(pen.ridgelines),),
        (
            (
                "Wide panorama on midnight blue: sixty-four section lines rise into a "
                "chain of peaks and fall flat at both ends. The far lines are cold blue, the "
                "nearest glow orange; each hides what is behind it."
            ),
        ),
        "Every line is one walk from west to east.",
        ("mountains", "lines", "panorama"),
        "Digital drawing",
        "2025",
    ),
)

_PRINTED = (
    SampleWork(
        "maren",
        "Moonrise on the Plank",
        (Study(relief.moonrise),),
        (
            (
                "Woodcut-like print in portrait format. A large flat amber moon hangs in a sky "
                "made wholly of swirling wood grain, dark blue above and pale toward the "
                "horizon, over sand, orange and deep red hills cut in the same grain."
            ),
        ),
        "I let the knots decide where the wind goes.",
        ("woodcut", "moon", "relief"),
        "Woodcut in five colours",
        "2025",
    ),
    SampleWork(
        "maren",
        "Seven Papers, One Evening",
        (Study(relief.cut_paper),),
        (
            (
                "Landscape of layered cut paper: three rings of a coral sun set behind hills "
                "that step from pink through plum to near-black blue. Small pines stand along "
                "the ridges, and every sheet casts a soft shadow on the next."
            ),
        ),
        "Scissors only. The pines took longer than the hills.",
        ("papercut", "landscape", "sunset"),
        "Cut paper, photographed",
        "2026",
    ),
    SampleWork(
        "maren",
        "Swell",
        (Study(relief.swell),),
        (
            (
                "Long narrow linocut of the sea at night in one dark blue. White cut lines "
                "thicken toward the viewer and under a small yellow moon at the right, where "
                "its light breaks into a path on the waves."
            ),
        ),
        "One block, one gouge, one week of bad weather.",
        ("linocut", "sea", "night"),
        "Linocut with one hand-coloured moon",
        "2024",
    ),
    SampleWork(
        "maren",
        "Birches, Half Past Four",
        (Study(relief.birches),),
        (
            (
                "Tall print of birch trunks, white with black scars, standing three rows deep. "
                "Between them a winter sky goes from teal to orange and rose, down to pale blue"
                " snow; thin dark branches cross at the top."
            ),
        ),
        "The best ten minutes of a December day.",
        ("birches", "winter", "linocut"),
        "Reduction linocut",
        "2025",
    ),
    SampleWork(
        "maren",
        "Étude en trois encres",
        (Study(riso.riso), Study(riso.riso_pink), Study(riso.riso_blue)),
        (
            (
                "Riso print of a still life in yellow, pink and blue: a round vase of pink "
                "flowers and dark green leafy stems before a big sun, with three fruits on a "
                "yellow table. Halftone dots overlap and make orange, green and plum."
            ),
            (
                "The pink drum alone: flower heads, the vase and a dotted background that grows"
                " denser downward, on cream paper."
            ),
            (
                "The blue drum alone: stems, leaves, the shaded half of the vase with its "
                "bands, and one long dotted shadow on the table."
            ),
        ),
        "Final print, then two of the three drums. The misregistration is on purpose. Mostly.",
        ("risograph", "stilllife", "process"),
        "Risograph, three drums",
        "2026",
    ),
    SampleWork(
        "maren",
        "Clocks",
        (Study(relief.seed_heads),),
        (
            (
                "Square linocut, dark green on cream: three dandelion clocks of different size,"
                " drawn in rays and tiny parachutes that warm to gold at the bottom. Short "
                "gouge marks circle around them; a few seeds float off at the upper right."
            ),
        ),
        "Blow gently, the ink is still wet.",
        ("linocut", "dandelion", "botanical"),
        "Linocut, rolled in two colours",
        "2026",
    ),
)


WORKS = _PLOTTED + _PRINTED
