"""The crash suite: workers are killed and Redis is emptied while e-mails leave; what arrives is counted.

Real processes and servers: a database of its own on the server of DATABASE_URL (a private server where that is unset),
a private Redis, since nobody else's may be emptied, the tasks' worker and one or two beats, and the development mail
catcher with a gate on both sides of the moment it keeps a message, so that a kill lands where it is meant to.

Some addresses put their first e-mail off (450), some refuse all (550), some accept and send a report back.

What must hold: each e-mail owed arrives, and a killed sending process costs at most one extra copy, under the same
Message-ID; two beats, an emptied Redis and cut connections to PostgreSQL cost none; each dead address is
suppressed and has one task, whoever is killed.
"""
