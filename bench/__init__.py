"""The measurements, each with the bar or the ceiling it is measured against."""
