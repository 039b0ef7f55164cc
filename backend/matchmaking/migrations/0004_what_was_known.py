from django.db import migrations

# Results of before keep the needs their submission has now, and reviews the suggestion their officer had in sight.
_FILL = """
UPDATE matchmaking_result AS result SET needs = coalesce(
    (SELECT jsonb_object_agg(sub_need_id, weight) FROM matchmaking_need WHERE submission_id = result.submission_id),
    '{}'
);
UPDATE matchmaking_result AS result SET stated = needs <> '{}' OR trim(submission.text) <> ''
    FROM matchmaking_submission AS submission WHERE submission.id = result.submission_id;
ALTER TABLE matchmaking_review DISABLE TRIGGER matchmaking_review_append_only;
UPDATE matchmaking_review AS review SET match_id = (
    SELECT match.id FROM matchmaking_match AS match JOIN matchmaking_result AS result ON result.id = match.result_id
    WHERE result.submission_id = review.submission_id AND match.scheme_id = review.scheme_id
    ORDER BY result.computed_at <= review.decided_at DESC, result.computed_at DESC LIMIT 1
);
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE matchmaking_review ENABLE TRIGGER matchmaking_review_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("matchmaking", "0003_the_whole_review")]

    operations = [migrations.RunSQL(_FILL, migrations.RunSQL.noop)]
