-- Who looked at which camera, when and why: a line before each look, which nobody changes.

CREATE TABLE views (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    by      text NOT NULL,
    why     text NOT NULL,
    site    text NOT NULL,
    slot    integer NOT NULL CHECK (slot BETWEEN 1 AND 126)
);
CREATE INDEX views_by_site ON views (site, at);

CREATE TRIGGER views_keep_rows BEFORE UPDATE OR DELETE ON views FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER views_keep_table BEFORE TRUNCATE ON views FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
