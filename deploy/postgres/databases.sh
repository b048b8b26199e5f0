#!/bin/sh
# A database, an owner and an app role for each service. Postgres's image runs this once, when its volume is empty.
# Nobody may connect to a database who was not named. The app role gets the rest from migrations, table by table.
set -eu

psql --set ON_ERROR_STOP=1 --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname postgres <<'SQL'
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
REVOKE ALL ON DATABASE template1 FROM PUBLIC;
SQL

for service in billing entitlements queue; do
    prefix=$(echo "$service" | tr '[:lower:]' '[:upper:]')
    # Passwords come by \getenv: on a command line, any process of the machine could read them.
    psql --set ON_ERROR_STOP=1 --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname postgres \
        --set database="$service" --set owner="${service}_owner" --set app="${service}_app" \
        --set owner_variable="${prefix}_OWNER_PASSWORD" --set app_variable="${prefix}_APP_PASSWORD" <<'SQL'
\getenv owner_password :owner_variable
\getenv app_password :app_variable
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password';
CREATE ROLE :"app" LOGIN PASSWORD :'app_password';
CREATE DATABASE :"database" OWNER :"owner";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"app";
\connect :"database"
ALTER SCHEMA public OWNER TO :"owner";
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"app";
SQL
done
