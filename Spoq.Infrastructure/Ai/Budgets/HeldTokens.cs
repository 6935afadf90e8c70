using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Ai.Budgets;

/// <summary>Nodes tell each other tokens beside money: what a plan includes is counted in them. Written by hand, so that it survives the re-making of the scaffolded migration.</summary>
[DbContext(typeof(SpoqDbContext))]
[Migration("20261121134500_HeldTokens")]
public sealed class HeldTokens : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        alter table usage_reservations
            add column if not exists input_tokens bigint not null default 0,
            add column if not exists output_tokens bigint not null default 0;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql("alter table usage_reservations drop column input_tokens, drop column output_tokens;");
}
