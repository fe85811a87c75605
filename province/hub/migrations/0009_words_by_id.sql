-- The newest words are kept by the facility's id, which it has for life: its code may pass to another facility.

-- site: the facility's id; of a document without ids its code. Whose id is not told by its newest verdict loses its words: a failed
-- rollout leaves parts of it without a digest, and by them the next plan goes there.
ALTER TABLE facility_words RENAME COLUMN code TO site;

CREATE TEMPORARY TABLE known ON COMMIT DROP AS
WITH newest AS (SELECT site, max(verdict) AS verdict FROM facility_verdicts GROUP BY site)
SELECT DISTINCT ON (f->>'code') f->>'code' AS code, n.site
FROM newest n JOIN verdicts v ON v.id = n.verdict, jsonb_array_elements(v.document->'facilities') f
WHERE f->>'id' = n.site ORDER BY f->>'code', n.verdict DESC;

DELETE FROM facility_words WHERE site NOT IN (SELECT code FROM known);
UPDATE facility_words w SET site = known.site FROM known WHERE w.site = known.code;
