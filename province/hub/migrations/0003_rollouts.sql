-- What rollouts did, and of each facility its last ones: how a verdict and what came after it are told apart.

CREATE TABLE rollouts (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    appended_at  timestamptz NOT NULL DEFAULT now(),
    appended_by  text NOT NULL,
    document     jsonb NOT NULL
);

CREATE TRIGGER rollouts_keep_rows BEFORE UPDATE OR DELETE ON rollouts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rollouts_keep_table BEFORE TRUNCATE ON rollouts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The newest word of each sort on each facility: kind verdict (met, not_met, unknown) or rollout (its status there).
CREATE TABLE facility_words (
    code   text NOT NULL,
    kind   text NOT NULL CHECK (kind IN ('verdict', 'rollout')),
    word   text NOT NULL,
    at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (code, kind)
);
