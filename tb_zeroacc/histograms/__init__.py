"""All histograms of one tag in bounded memory, however many there are."""

from tb_zeroacc.histograms.builder import HistogramsBuilder
from tb_zeroacc.histograms.course import Course, CourseBuilder, Latest, room_for

__all__ = ["Course", "CourseBuilder", "HistogramsBuilder", "Latest", "room_for"]
