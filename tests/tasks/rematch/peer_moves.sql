-- The scheme of scheme.py, written out by hand. Unknown is null: a condition that is false wins over one that is null.
INSERT INTO peer_move
    SELECT id, CASE WHEN in_place AND in_trade AND is_small THEN 'eligible' ELSE 'undecided' END
    FROM peer_firm, LATERAL (
        SELECT
            commune = ANY (%(communes)s) AS in_place,
            naf LIKE ANY (%(trades)s) AS in_trade,
            CASE
                WHEN headcount_low >= 10 AND headcount_high < 250 THEN true
                WHEN headcount_high < 10 OR headcount_low >= 250 THEN false
            END AS is_small
    ) AS says
    WHERE (in_place AND in_trade AND is_small) IS NOT false;
