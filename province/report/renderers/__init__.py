"""A report as people read it: workbook, page, paper, letters. They print what `model` holds and reckon nothing."""
