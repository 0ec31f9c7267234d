import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from planner.outputs.workbook.drawing import Block
from planner.outputs.workbook.lettering import NEW_MARK, block_text, common_size
from planner.outputs.workbook.text_width import cut, text_mm, wrap

BLOCK = Block(12, "4011", "Tomatoes on the vine", "Tomatoes", 3, "N", True, 2, 5, 0.0, 30.0)


@given(st.text(max_size=80), st.floats(3, 60), st.sampled_from([6.0, 7.0, 9.0]))
def test_wrapped_lines_fit_and_keep_every_letter(text, width_mm, points):
    """No line is wider than the room, and nothing but spaces is lost."""
    lines = wrap(text, width_mm, points)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(text_mm(line, points) <= width_mm or len(line) == 1 for line in lines)


@given(st.text(max_size=80), st.floats(1, 60))
def test_cut_text_fits(text, width_mm):
    """A cut text fits its room; one that fits is left alone."""
    short = cut(text, width_mm, 7)
    assert text_mm(short, 7) <= width_mm or short == "…"
    if text_mm(text, 7) <= width_mm:
        assert short == text


def test_a_roomy_block_shows_everything():
    """Number, core mark, status letter, facings, place and the whole name."""
    assert str(block_text(BLOCK, 60, 30, 3)) == f"12 ●{NEW_MARK}N  ×3  2-5\nTomatoes on the vine"


def test_only_new_items_are_marked_as_new():
    """A moved or kept item carries its letter alone."""
    for letter in "KM":
        text = str(block_text(replace(BLOCK, letter=letter), 60, 30, 3))
        assert text.startswith(f"12 ●{letter}  ")


def test_a_long_word_is_broken_rather_than_made_tiny():
    """A name of one long word has a legible size; its letters all stand there."""
    name = "Donaudampfschifffahrtsgesellschaftskapitänstomate"
    text = block_text(replace(BLOCK, item_name=name), 25, 40)
    assert text.runs[-1].size >= 9
    assert str(text).split("2-5")[1].replace("\n", "") == name


def test_a_turned_block_shows_the_name_beside_the_number():
    """A block of 6 mm has room for one line along its height: the name begins on it."""
    text = str(block_text(BLOCK, 6, 50))
    assert "\n" not in text
    assert text.startswith(f"12 ●{NEW_MARK}N  ×3  2-5  Tomatoes")


def test_blocks_of_a_page_are_lettered_alike():
    """One long name does not make the others small, nor one short name itself large."""
    names = ["Figs", "Tomatoes on the vine", "Cherry tomatoes", "Heritage tomato " * 13]
    blocks = [(replace(BLOCK, item_name=name), 28.0) for name in names]
    largest = common_size(blocks, 20.0)
    sizes = [block_text(*block, 20.0, largest).runs[0].size for block in blocks]
    assert sizes[0] == sizes[1] == sizes[2] > sizes[3]
    assert block_text(*blocks[0], 20.0).runs[0].size > sizes[0]


@given(
    st.builds(
        replace,
        st.just(BLOCK),
        number=st.integers(1, 999),
        item_name=st.text(max_size=250),
        facings=st.integers(1, 40),
        core=st.booleans(),
    ),
    st.floats(2.0, 250.0),
    st.floats(13.0, 39.0),
)
def test_only_the_name_is_ever_cut(block, width_mm, height_mm):
    """Number, status, facings and place are written on every block, however small."""
    text = str(block_text(block, width_mm, height_mm))
    mark = f"●{NEW_MARK}N" if block.core else f"{NEW_MARK}N"
    assert re.match(rf"{block.number} {mark}\s+×{block.facings}\s+2-5(\s|$)", text)


def test_a_long_name_is_cut_with_an_ellipsis():
    """A name of 200 letters ends in an ellipsis and stays within the block."""
    text = str(block_text(replace(BLOCK, item_name="Heritage tomato " * 13), 20, 16))
    assert text.endswith("…")
    assert text.count("\n") <= 5
