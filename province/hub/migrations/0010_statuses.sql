-- Tables and columns take the words of docs/glossary.md; their rows stay as they are.

ALTER TABLE heard RENAME TO connections;
ALTER TABLE connections RENAME CONSTRAINT heard_pkey TO connections_pkey;
ALTER TABLE connections RENAME CONSTRAINT heard_site_fkey TO connections_site_fkey;
ALTER TABLE facility_words RENAME TO facility_statuses;
ALTER TABLE facility_statuses RENAME CONSTRAINT facility_words_pkey TO facility_statuses_pkey;
ALTER TABLE facility_statuses RENAME CONSTRAINT facility_words_kind_check TO facility_statuses_kind_check;
ALTER TABLE facility_statuses RENAME COLUMN word TO status;
ALTER TABLE facility_verdicts RENAME COLUMN word TO status;

-- As 0005 made it; PostgreSQL reads a function's text when it is called, so the column's new name has to stand there.
CREATE OR REPLACE FUNCTION note_facilities(number bigint) RETURNS void LANGUAGE sql AS $$
INSERT INTO facility_verdicts (site, verdict, status, judged_at, appended_at, cameras, played, judged)
SELECT coalesce(f->>'id', f->>'code'), v.id, f->>'verdict', v.judged_at, v.appended_at, c.cameras, c.played, c.judged
FROM verdicts v, jsonb_array_elements(v.document->'facilities') f, LATERAL (
    SELECT count(*) AS cameras, count(*) FILTER (WHERE r->>'verdict' = 'met') AS played,
           count(*) FILTER (WHERE r->>'verdict' <> 'unknown') AS judged
    FROM jsonb_array_elements(CASE jsonb_typeof(f->'checks') WHEN 'array' THEN f->'checks' ELSE '[]' END) r
    WHERE r->>'id' = 'playable_centre') c
WHERE v.id = number AND coalesce(f->>'id', f->>'code') IS NOT NULL AND f->>'verdict' IS NOT NULL
ON CONFLICT DO NOTHING
$$;
