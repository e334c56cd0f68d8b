-- Once, on the primary, as superuser: psql -v password=… -f database.sql
CREATE ROLE laneway LOGIN PASSWORD :'password';
-- What would be set for a session does not outlive a transaction behind a pooler, so the role brings it along.
-- No statement_timeout here: a COMMIT that it cuts short while it waits for the standby passes for replicated.
ALTER ROLE laneway SET lock_timeout = '5s';
-- Lets Laneway see when a standby last heard from its primary, and so tell how old its pages are.
GRANT pg_monitor TO laneway;
CREATE DATABASE laneway OWNER laneway;
