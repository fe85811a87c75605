"""A report as people read it: workbook, page, paper, letters. They print what `contents` holds and reckon nothing."""
