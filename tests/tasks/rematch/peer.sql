-- The same firms as a table that was made for one question: what the scheme reads of each, with an index a column.
CREATE TABLE peer_firm AS
    SELECT
        submission.id,
        commune.value #>> '{}' AS commune,
        naf.value #>> '{}' AS naf,
        coalesce(headcount.value ->> 0, headcount.value #>> '{}')::float AS headcount_low,
        coalesce(headcount.value ->> 1, headcount.value #>> '{}')::float AS headcount_high
    FROM matchmaking_submission AS submission
    LEFT JOIN companies_fact AS commune ON commune.sheet_id = submission.sheet_id AND commune.name = 'commune'
    LEFT JOIN companies_fact AS naf ON naf.sheet_id = submission.sheet_id AND naf.name = 'naf'
    LEFT JOIN companies_fact AS headcount ON headcount.sheet_id = submission.sheet_id AND headcount.name = 'headcount';
CREATE INDEX ON peer_firm (commune);
CREATE INDEX ON peer_firm (naf text_pattern_ops);
CREATE INDEX ON peer_firm (headcount_low);
CREATE INDEX ON peer_firm (headcount_high);
CREATE TABLE peer_move (firm bigint PRIMARY KEY, verdict text NOT NULL);
ANALYZE peer_firm;
