-- What each verdict says of each facility, in a row: progress, first days and the newest verdict, without opening every document.

-- site: the facility's id, kept for life; of a document without ids its code. cameras, played, judged: how many cameras the centre was
-- to play, how many it played, and of how many that could be told at all.
CREATE TABLE facility_verdicts (
    site         text NOT NULL,
    verdict      bigint NOT NULL,
    word         text NOT NULL,
    judged_at    timestamptz NOT NULL,
    appended_at  timestamptz NOT NULL,
    cameras      integer NOT NULL,
    played       integer NOT NULL,
    judged       integer NOT NULL,
    PRIMARY KEY (site, verdict)
);
CREATE INDEX facility_verdicts_by_time ON facility_verdicts (site, judged_at);

CREATE FUNCTION note_facilities(number bigint) RETURNS void LANGUAGE sql AS $$
INSERT INTO facility_verdicts (site, verdict, word, judged_at, appended_at, cameras, played, judged)
SELECT coalesce(f->>'id', f->>'code'), v.id, f->>'verdict', v.judged_at, v.appended_at, c.cameras, c.played, c.judged
FROM verdicts v, jsonb_array_elements(v.document->'facilities') f, LATERAL (
    SELECT count(*) AS cameras, count(*) FILTER (WHERE r->>'verdict' = 'met') AS played,
           count(*) FILTER (WHERE r->>'verdict' <> 'unknown') AS judged
    FROM jsonb_array_elements(CASE jsonb_typeof(f->'checks') WHEN 'array' THEN f->'checks' ELSE '[]' END) r
    WHERE r->>'id' = 'playable_centre') c
WHERE v.id = number AND coalesce(f->>'id', f->>'code') IS NOT NULL AND f->>'verdict' IS NOT NULL
ON CONFLICT DO NOTHING
$$;
SELECT note_facilities(id) FROM verdicts ORDER BY id;

CREATE TRIGGER facility_verdicts_keep_rows BEFORE UPDATE OR DELETE ON facility_verdicts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER facility_verdicts_keep_table BEFORE TRUNCATE ON facility_verdicts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
