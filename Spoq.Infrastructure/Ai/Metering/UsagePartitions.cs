using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>
/// The table of usage events, in a partition for each month (UTC). Written by hand because EF knows no partitions; it
/// refers to no other table, so that it stands apart from the scaffolded migrations and survives their re-making.
/// </summary>
[DbContext(typeof(SpoqDbContext))]
[Migration("20260101000000_UsagePartitions")]
public sealed class UsagePartitions : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        create table usage_events (
            started_at timestamptz not null,
            request_id uuid not null,
            account_id uuid not null,
            api_key_id uuid not null,
            model text not null,
            upstream text not null,
            price_version integer not null,
            input_tokens bigint not null check (input_tokens >= 0),
            cached_input_tokens bigint not null check (cached_input_tokens >= 0),
            cache_write_tokens bigint not null check (cache_write_tokens >= 0),
            output_tokens bigint not null check (output_tokens >= 0),
            reasoning_tokens bigint not null check (reasoning_tokens >= 0),
            cost_microdollars bigint not null check (cost_microdollars >= 0),
            latency_microseconds bigint not null,
            status integer not null,
            is_estimated boolean not null,
            is_interrupted boolean not null,
            constraint pk_usage_events primary key (started_at, request_id)
        ) partition by range (started_at);

        create table usage_events_other partition of usage_events default;

        -- Makes a month's partition. Events that came before it, into the default one, are moved.
        create function ensure_usage_partition(day date) returns boolean language plpgsql as $$
        declare
            first timestamptz := date_trunc('month', day)::timestamp at time zone 'utc';
            beyond timestamptz := (date_trunc('month', day) + interval '1 month')::timestamp at time zone 'utc';
            name text := 'usage_events_' || to_char(day, 'YYYY_MM');
        begin
            perform pg_advisory_xact_lock(7305, 1);
            if to_regclass(name) is not null then
                return false;
            end if;
            lock table usage_events in share row exclusive mode;
            execute format('create table %I (like usage_events including all)', name);
            execute format('with moved as (delete from usage_events_other where started_at >= %L and started_at < %L returning *) insert into %I select * from moved', first, beyond, name);
            execute format('alter table usage_events attach partition %I for values from (%L) to (%L)', name, first, beyond);
            return true;
        end $$;

        select ensure_usage_partition((now() at time zone 'utc' + make_interval(months => ahead))::date) from generate_series(0, 2) as ahead;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("drop table usage_events; drop function ensure_usage_partition;");
}
