-- Firms that filed one demand each, from the number %(first)s to %(last)s. What one says depends on its number and on a
-- seed only, so that a nation is the same each time; one answer in ten is missing.

CREATE FUNCTION pg_temp.draw(n bigint, seed int, below int) RETURNS int
    LANGUAGE sql IMMUTABLE AS $$ SELECT abs(mod(hashint8extended(n, seed), below))::int $$;

CREATE TEMPORARY TABLE number ON COMMIT DROP AS SELECT n FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n;

INSERT INTO companies_contact (id, name, email, phone)
    SELECT n, 'Personne ' || n, 'n' || n || '@firme.example', '' FROM number;
INSERT INTO companies_factsheet (id, name) SELECT n, 'Firme ' || n FROM number;

INSERT INTO companies_fact (sheet_id, name, value, origin, recorded_at, recorded_on)
    SELECT n, name, value, 'declared', now(), %(on)s
    FROM number, LATERAL (
        VALUES
            (11, 'commune', to_jsonb((%(communes)s::text[])[1 + pg_temp.draw(n, 1, cardinality(%(communes)s::text[]))])),
            (12, 'naf', to_jsonb((%(activities)s::text[])[1 + pg_temp.draw(n, 2, cardinality(%(activities)s::text[]))])),
            (13, 'headcount', %(headcounts)s::jsonb -> pg_temp.draw(n, 3, jsonb_array_length(%(headcounts)s::jsonb))),
            (14, 'created_on', to_jsonb(date '1980-01-01' + pg_temp.draw(n, 4, 16000))),
            (15, 'legal_category', to_jsonb((array['10', '54', '55', '57', '92'])[1 + pg_temp.draw(n, 5, 5)]))
    ) AS said (seed, name, value)
    WHERE pg_temp.draw(n, seed, 10) <> 0;

INSERT INTO matchmaking_submission
    (id, filing_key, sheet_id, contact_id, text, call_slot, closed_reason, many_of_company, many_of_address, filed_at,
     consented_at, confirmed_at)
    SELECT n, md5(n::text)::uuid, n, n, '', 'any', '', false, false, now(), now(), now() FROM number;
INSERT INTO matchmaking_need (submission_id, sub_need_id, ticked, added, weight, evidence, probability)
    SELECT n, (%(needs)s::text[])[1 + pg_temp.draw(n, 6, cardinality(%(needs)s::text[]))], true, false, 1.0, '{}', 1.0 FROM number;

SELECT setval(pg_get_serial_sequence('companies_contact', 'id'), %(last)s);
SELECT setval(pg_get_serial_sequence('companies_factsheet', 'id'), %(last)s);
SELECT setval(pg_get_serial_sequence('matchmaking_submission', 'id'), %(last)s);
