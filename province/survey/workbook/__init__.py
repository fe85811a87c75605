"""The workbook that a survey is filled in with."""
