"""The page for the doctor as a PDF."""

from __future__ import annotations

from pathlib import Path

import matplotlib
from fpdf import FPDF

from hypnic.summary import Record, Summary

FONT, FONTS = "DejaVu", Path(matplotlib.get_data_path()) / "fonts" / "ttf"  # free fonts that come with a package of Rasa
MARGIN, INDENT = 18, 4  # mm
LINE = 0.5  # height of a line in mm for each point of the font


def pdf(summary: Summary, record: Record) -> bytes:
    """The page on A4.

    Args:
        summary: the texts.
        record: what the page holds. Scripts that the font lacks show as boxes; the other forms of the page have them.
    """
    page = FPDF(format="A4")
    says = summary.says(record)
    page.set_title(says["title"])
    page.set_margin(MARGIN)
    for style, name in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
        page.add_font(FONT, style, FONTS / name)
    page.add_page()
    _write(page, says["title"], 16, "B")
    _write(page, says["made"], 9)
    _write(page, says["rests"], 9)
    page.ln(3)
    _write(page, f"{says['name_line']} {'_' * 28}", 10)
    for section in summary.sections(record):
        page.ln(3)
        _write(page, section.heading, 11, "B")
        for line in section.lines:
            _write(page, ("\u2022 " if section.is_list else "") + line, 10, left=INDENT)
    page.ln(4)
    _write(page, says["checked"], 9)
    return bytes(page.output())


def _write(page: FPDF, text: str, size: float, style: str = "", left: float = 0) -> None:
    page.set_font(FONT, style, size)
    page.set_x(page.l_margin + left)
    page.multi_cell(0, size * LINE, text, align="L", new_x="LMARGIN", new_y="NEXT")
