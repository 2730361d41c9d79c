#!/bin/sh
# A database a service, with three roles: NAME_owner makes and changes tables, NAME reads and writes rows, NAME_read looks.
# The services are those whose passwords are there. PostgreSQL's image runs this on a first start; run it again for a service
# that came later:  docker compose exec postgres sh /docker-entrypoint-initdb.d/databases.sh
set -eu
secrets=/run/secrets

for file in "$secrets"/*_owner; do
  service=$(basename "$file" _owner)
  echo "database and roles of $service"
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set service="$service" --set owner_password="$(cat "$secrets/${service}_owner")" \
    --set password="$(cat "$secrets/$service")" --set read_password="$(cat "$secrets/${service}_read")" <<'SQL'
SET password_encryption = 'scram-sha-256';
SELECT :'service' || '_owner' AS owner, :'service' || '_read' AS reader \gset
SELECT format('CREATE ROLE %I LOGIN NOINHERIT', name) FROM unnest(ARRAY[:'owner', :'service', :'reader']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE :"owner" PASSWORD :'owner_password';
ALTER ROLE :"service" PASSWORD :'password';
ALTER ROLE :"reader" PASSWORD :'read_password';
ALTER ROLE :"reader" SET default_transaction_read_only = on;
SELECT format('CREATE DATABASE %I OWNER %I', :'service', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'service') \gexec
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"service" TO :"owner", :"service", :"reader";
\connect :service
ALTER SCHEMA public OWNER TO :"owner";
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"service", :"reader";
-- What is there already, and whatever the owner's migrations make from now on.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"service";
GRANT SELECT ON ALL TABLES IN SCHEMA public TO :"reader";
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT ON TABLES TO :"reader";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO :"service";
SQL
done
