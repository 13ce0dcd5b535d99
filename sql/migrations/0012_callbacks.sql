-- Meta's callbacks: requests of people to delete their data.
--
-- person: the channel's app-scoped id; taken out when the work is done, so that only the proof of it stays.
-- request_sha256: the same request again is answered with the same code and does nothing.
-- up
create table deletion_request (
    id {identity},
    code text not null unique,
    channel text not null,
    person text not null,
    request_sha256 text not null unique,
    requested_at bigint not null,
    finished_at bigint,
    accounts bigint not null default 0,
    conversations bigint not null default 0,
    messages bigint not null default 0,
    posts bigint not null default 0
);

-- down
drop table deletion_request;
