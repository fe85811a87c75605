-- Of what was refused the newest document of each reason is put aside, as text, cut: somebody can look at it.

ALTER TABLE refusals ADD COLUMN document text;
