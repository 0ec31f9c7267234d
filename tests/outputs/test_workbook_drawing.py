import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from planner.outputs.workbook.drawing import GRID_COLUMNS, LINES_A_PAGE, Block, Shelf, draw_fixture


def _shelf(bay, shelf, width_cm, widths, gap_cm=0.0):
    blocks, left = [], 0.0
    for number, width in enumerate(widths, start=1):
        if left + width > width_cm + 1e-9:
            break
        blocks.append(
            Block(
                number=number,
                item_id=f"{bay}.{shelf}.{number}",
                item_name="Item",
                need_group="g",
                facings=1,
                letter="K",
                core=False,
                bay=bay,
                shelf=shelf,
                left_cm=left,
                width_cm=width,
            )
        )
        left += width + gap_cm
    return Shelf(bay, shelf, width_cm, False, "", tuple(blocks))


def _pieces(drawing):
    return [
        piece
        for page in drawing.pages
        for band in page
        for line in band.lines
        for piece in line.pieces
    ]


fixtures = st.builds(
    lambda bays, shelves, width, widths, gap: [
        _shelf(b, s, width, widths[(b + s) % 3 :], gap)
        for b in range(1, bays + 1)
        for s in range(1, shelves + 1)
    ],
    st.integers(1, 6),
    st.integers(1, 6),
    st.floats(40, 400),
    st.lists(st.floats(4, 60), min_size=3, max_size=60),
    st.sampled_from([0.0, 0.0, 3.0]),
)


@settings(max_examples=150, deadline=None)
@given(fixtures)
def test_every_block_is_drawn_once_and_to_scale(shelves):
    """A block's drawn width is its real width within one grid column, at one scale a fixture."""
    drawing = draw_fixture(shelves)
    spans = [s for piece in _pieces(drawing) for s in piece.spans if s.block is not None]
    drawn = sorted(s.block.item_id for s in spans)
    assert drawn == sorted(b.item_id for shelf in shelves for b in shelf.blocks)
    for span in spans:
        real = span.block.width_cm / drawing.cm_per_column
        assert abs((span.last - span.first + 1) - real) <= 1.0 + 1e-9


@settings(max_examples=150, deadline=None)
@given(fixtures)
def test_nothing_overlaps_or_leaves_the_page(shelves):
    """On a line, spans stand side by side in their order, inside the grid."""
    drawing = draw_fixture(shelves)
    for page in drawing.pages:
        assert sum(len(band.lines) for band in page) <= LINES_A_PAGE
        for band in page:
            for line in band.lines:
                spans = [span for piece in line.pieces for span in piece.spans]
                assert all(a.last < b.first for a, b in itertools.pairwise(spans))
                assert all(0 <= s.first <= s.last < GRID_COLUMNS for s in spans)


@settings(max_examples=100, deadline=None)
@given(fixtures)
def test_widths_and_empty_space_add_up_to_the_shelf(shelves):
    """What is drawn of a shelf, items and empty space, is the width of the shelf."""
    drawing = draw_fixture(shelves)
    for shelf in shelves:
        spans = [s for p in _pieces(drawing) if p.shelf is shelf for s in p.spans]
        total = sum(s.block.width_cm if s.block else s.empty_cm for s in spans)
        skipped = len(spans) * drawing.cm_per_column + 0.5
        assert abs(total - shelf.width_cm) <= skipped


def test_shelves_stand_as_one_sees_them():
    """The top shelf is drawn first, and bays from left to right on the same line."""
    shelves = [_shelf(b, s, 90, [30, 30, 20]) for b in (1, 2) for s in (1, 2, 3)]
    (page,) = draw_fixture(shelves).pages
    (band,) = page
    seen = [[(p.shelf.shelf, p.shelf.bay) for p in line.pieces] for line in band.lines]
    assert seen == [[(3, 1), (3, 2)], [(2, 1), (2, 2)], [(1, 1), (1, 2)]]


def test_a_bay_too_wide_for_the_page_is_broken_between_items():
    """A hundred slots on one shelf go over several lines and pages, each item whole."""
    drawing = draw_fixture([_shelf(1, 1, 1160, [10.0] * 116)])
    pieces = _pieces(drawing)
    assert len(pieces) > 1
    assert [p.part for p in pieces] == list(range(1, len(pieces) + 1))
    assert sum(len(p.spans) for p in pieces) == 116


def test_an_empty_fixture_is_drawn_empty():
    """A shelf without items is one span of empty space as wide as the shelf."""
    (piece,) = _pieces(draw_fixture([_shelf(1, 1, 120, [])]))
    (span,) = piece.spans
    assert span.block is None
    assert span.empty_cm == 120
