using System.Collections.Concurrent;
using System.Text;
using Npgsql;
using Spoq.Tests.Emulators.Ai;

namespace Spoq.Tests.Ai;

/// <summary>Nothing of a prompt or an answer is kept: not in what is printed at any level, not on the disk, not in any table.</summary>
public sealed class CanaryTests(AiWorld world) : IClassFixture<AiWorld>
{
    private static readonly string[] s_faults = ["", "500", "400", "drop_head", "drop", "stall", "garbage", "no_usage", "truncated", "split"];

    [Fact]
    public async Task What_was_said_is_found_nowhere()
    {
        var (asked, answered) = ($"canary{Guid.NewGuid():n}", $"canary{Guid.NewGuid():n}");
        await using var node = await world.SiblingAsync(
            ("Logging__LogLevel__Default", "Trace"), ("Logging__LogLevel__Microsoft", "Trace"), ("Logging__LogLevel__Microsoft.AspNetCore", "Trace"), ("Logging__LogLevel__System", "Trace"));
        var printed = new ConcurrentQueue<string>();
        node.Printed = printed.Enqueue;
        using var program = AiWorld.NewProgram(node, world.Key);
        var heard = 0;
        await Parallel.ForEachAsync(
            from fault in s_faults from model in new[] { AiWorld.Model, AiWorld.Claude } from isChat in new[] { true, false } from stream in new[] { true, false } select (fault, model, isChat, stream),
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (one, _) =>
            {
                var script = new AiScript("canary", one.fault, After: 1, Tokens: 3, Says: answered);
                var body = ContractTests.Say(one.isChat ? AiWorld.Chat(script, one.stream, one.model) : AiWorld.Message(script, one.stream, one.model));
                body["messages"]![0]!["content"] = $"{asked} {body["messages"]![0]!["content"]}";
                body["metadata"] = new System.Text.Json.Nodes.JsonObject { ["user_id"] = asked };
                using var answer = await world.PostAsync(one.isChat ? "/v1/chat/completions" : "/v1/messages", body, program);
                Interlocked.Add(ref heard, (await answer.Content.ReadAsStringAsync(CancellationToken.None)).Contains(answered, StringComparison.Ordinal) ? 1 : 0);
            });
        foreach (var body in new[] { $"{{\"model\":\"gpt-small\",\"messages\":[{{\"role\":\"user\",\"content\":\"{asked}\"", $"{{\"model\":\"gpt-small\",\"messages\":\"{asked}\"}}", $"{{\"model\":\"gpt-small\",\"n\":2,\"stream\":\"{asked}\"}}", asked })
        {
            foreach (var path in new[] { "/v1/chat/completions", "/v1/messages", "/v1/Chat/Completions", "/v1/embeddings" })
            {
                using var refused = await world.PostAsync(path, body, program);
                Assert.InRange((int)refused.StatusCode, 400, 499);
            }
        }

        await node.StopAsync();
        Assert.InRange(heard, 10, int.MaxValue);
        Assert.InRange(printed.Count, 100, int.MaxValue);
        foreach (var canary in new[] { asked, answered })
        {
            Assert.DoesNotContain(printed, line => line.Contains(canary, StringComparison.Ordinal));
            Assert.Empty(FilesWith(canary));
            Assert.Empty(await TablesWithAsync(canary));
        }
    }

    private List<string> FilesWith(string canary)
    {
        var bytes = Encoding.UTF8.GetBytes(canary);
        var files = Directory.GetFiles(world.Server.DataDirectory, "*", SearchOption.AllDirectories);
        Assert.Contains(files, file => file.Contains("spool", StringComparison.OrdinalIgnoreCase));

        // The lock of a process that runs opens for nobody, and is empty.
        return [.. files.Where(file => Path.GetFileName(file) != "lock" && Read(file).AsSpan().IndexOf(bytes) >= 0)];
    }

    private static byte[] Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>As a dump writes them: text as it is, bytes in hexadecimal.</summary>
    private async Task<List<string>> TablesWithAsync(string canary)
    {
        await using var source = NpgsqlDataSource.Create(world.Server.ConnectionString);
        var tables = new List<string>();
        await using (var command = source.CreateCommand("select quote_ident(table_schema) || '.' || quote_ident(table_name) from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')"))
        await using (var row = await command.ExecuteReaderAsync())
        {
            while (await row.ReadAsync())
            {
                tables.Add(row.GetString(0));
            }
        }

        Assert.Contains("public.usage_monthly", tables);
        var found = new List<string>();
        var hex = Convert.ToHexStringLower(Encoding.UTF8.GetBytes(canary));
        foreach (var table in tables)
        {
            await using var command = source.CreateCommand($"select count(*) from {table} t where position($1 in t::text) > 0 or position($2 in t::text) > 0");
            command.Parameters.Add(new() { Value = canary });
            command.Parameters.Add(new() { Value = hex });
            if ((long)(await command.ExecuteScalarAsync())! > 0)
            {
                found.Add(table);
            }
        }

        return found;
    }
}
