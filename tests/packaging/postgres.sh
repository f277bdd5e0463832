#!/bin/sh
# In place of the official image's docker-entrypoint.sh: Debian's PostgreSQL, set up by the same variables.
set -e
data=/var/lib/postgresql/data
if [ ! -s "$data/PG_VERSION" ]; then
    echo "${POSTGRES_PASSWORD:?}" > /tmp/password
    initdb --pgdata "$data" --username "$POSTGRES_USER" --pwfile /tmp/password --encoding UTF8 --locale C.UTF-8
    rm /tmp/password
    echo "host all all all scram-sha-256" >> "$data/pg_hba.conf"
    pg_ctl --pgdata "$data" --wait --options "-c listen_addresses=''" start
    createdb --username "$POSTGRES_USER" "$POSTGRES_DB"
    pg_ctl --pgdata "$data" --wait --mode fast stop
fi
exec "$@" -D "$data" -c "listen_addresses=*"
