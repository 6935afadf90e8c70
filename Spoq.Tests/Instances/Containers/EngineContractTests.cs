using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Instances.Providers.Container;
using Spoq.Infrastructure.Instances.Providers.Container.Engine;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Emulators;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Containers;

/// <summary>
/// The engine's published API in both versions that are spoken: each request that is sent is in it, with nothing that it does not
/// name, and each field that is read exists in its answers.
/// </summary>
public sealed class EngineContractTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spoq-engine-").FullName;
    private WebApplication? _app;

    [ContractTheory]
    [InlineData("1.41")]
    [InlineData("1.44")]
    public async Task Every_request_is_of_the_contracts_form(string version)
    {
        var contract = new ContractCheck(Contracts.Read($"docker-{version}.json"));
        var wrong = new ConcurrentQueue<string>();
        var asked = new ConcurrentQueue<string>();
        var options = Options.Create(new ContainerOptions { Socket = $"unix://{await StandInAsync(version, contract, wrong, asked)}" });
        using var engine = new DockerEngine(options, NullLogger<DockerEngine>.Instance);
        var mark = new ContainerMark(Guid.CreateVersion7(), "alice.spoq.example", "alice", new ServerSize(1, 2, 10), "token");
        var blueprint = new ContainerBlueprint(options, Options.Create(new SpoqOptions { BaseUrl = new Uri("https://spoq.example") }));

        await engine.IsPodmanAsync(CancellationToken.None);
        await engine.ListContainersAsync(ContainerMark.Label, CancellationToken.None);
        await engine.FindContainerAsync(mark.Name, CancellationToken.None);
        await engine.CreateContainerAsync(mark.Name, blueprint.Of(mark), CancellationToken.None);
        await engine.StartContainerAsync(mark.Name, CancellationToken.None);
        await engine.StopContainerAsync(mark.Name, 10, CancellationToken.None);
        await engine.RemoveContainerAsync(mark.Name, CancellationToken.None);
        await engine.StatsAsync(mark.Name, CancellationToken.None);
        await engine.FindNetworkAsync(mark.Name, CancellationToken.None);
        await engine.ListNetworksAsync(ContainerMark.Label, CancellationToken.None);
        await engine.CreateNetworkAsync(ContainerBlueprint.NetworkOf(mark, isPodman: false), CancellationToken.None);
        await engine.CreateNetworkAsync(ContainerBlueprint.NetworkOf(mark, isPodman: true), CancellationToken.None);
        await engine.RemoveNetworkAsync(mark.Name, CancellationToken.None);
        await engine.ListVolumesAsync(ContainerMark.Label, CancellationToken.None);
        await engine.FindVolumeAsync(mark.Name, CancellationToken.None);
        await engine.CreateVolumeAsync(new VolumeSpec(mark.Name, mark.Write()), CancellationToken.None);
        await engine.RemoveVolumeAsync(mark.Name, CancellationToken.None);
        await engine.FindImageAsync("localhost%2Fspoq-instance:latest", CancellationToken.None);
        await engine.ExecAsync(mark.Name, ["true"], ["A=b"], CancellationToken.None);

        Assert.Equal("", string.Join("; ", wrong));
        Assert.Equal(21, asked.Count);
    }

    [ContractTheory]
    [InlineData("1.41")]
    [InlineData("1.44")]
    public void Every_field_that_is_read_is_in_the_contract(string version)
    {
        var document = Contracts.Read($"docker-{version}.json");
        (string Path, JsonTypeInfo Type)[] answers =
        [
            ("/version", EngineJson.Default.EngineVersion), ("/containers/json", EngineJson.Default.ListedContainerArray), ("/containers/{id}/json", EngineJson.Default.ContainerFacts),
            ("/containers/{id}/stats", EngineJson.Default.StatsFacts), ("/networks/{id}", EngineJson.Default.NetworkFacts), ("/networks", EngineJson.Default.NetworkFactsArray),
            ("/volumes", EngineJson.Default.VolumeList), ("/volumes/{name}", EngineJson.Default.VolumeFacts), ("/images/{name}/json", EngineJson.Default.ImageFacts), ("/exec/{id}/json", EngineJson.Default.ExecFacts),
        ];
        var reader = new FieldReader(document);
        foreach (var (path, type) in answers)
        {
            reader.Read(type, document.GetProperty("paths").GetProperty(path).GetProperty("get").GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("schema"), path);
        }

        Assert.Equal("", string.Join("; ", reader.Wrong));

        // What stats hold is left open there; a contract that says it one day is held to it.
        Assert.Equal(["/containers/{id}/stats"], reader.Open.Distinct());
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>An engine that checks what it is asked and says the least that there is to say.</summary>
    private async Task<string> StandInAsync(string version, ContractCheck contract, ConcurrentQueue<string> wrong, ConcurrentQueue<string> asked)
    {
        var socket = Path.Combine(_folder, "engine.sock");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket));
        _app = builder.Build();
        _app.Run(async context =>
        {
            var path = context.Request.Path.Value!;
            if (path == "/_ping")
            {
                context.Response.Headers["Api-Version"] = version;
                return;
            }

            Assert.StartsWith($"/v{version}/", path, StringComparison.Ordinal);
            path = path[$"/v{version}".Length..];
            asked.Enqueue($"{context.Request.Method} {path}");
            var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
            foreach (var mistake in contract.OfRequest(context.Request, path, body))
            {
                wrong.Enqueue(mistake);
            }

            context.Response.StatusCode = (context.Request.Method, path.Split('/')[^1]) switch
            {
                ("DELETE", _) or (_, "start" or "stop") when !path.StartsWith("/exec", StringComparison.Ordinal) => StatusCodes.Status204NoContent,
                ("POST", "create" or "exec") => StatusCodes.Status201Created,
                _ => StatusCodes.Status200OK,
            };
            if (context.Response.StatusCode != StatusCodes.Status204NoContent)
            {
                await context.Response.WriteAsync(path is "/containers/json" or "/networks" ? "[]" : """{"Id": "1"}""");
            }
        });
        await _app.StartAsync();
        return socket;
    }

    /// <summary>Walks a type of ours beside the schema of what it is read from.</summary>
    private sealed class FieldReader(JsonElement document)
    {
        public List<string> Wrong { get; } = [];

        /// <summary>Where the contract names no members.</summary>
        public List<string> Open { get; } = [];

        public void Read(JsonTypeInfo type, JsonElement schema, string path)
        {
            switch (type.Kind)
            {
                case JsonTypeInfoKind.Object:
                    ReadMembers(type, schema, path);
                    break;
                case JsonTypeInfoKind.Enumerable:
                    Expect(Find(schema, "items"), path, "is no array", items => Read(Inner(type), items, path + "[]"));
                    break;
                case JsonTypeInfoKind.Dictionary:
                    Expect(Find(schema, "additionalProperties"), path, "is no map", values => Read(Inner(type), values, path + ".*"));
                    break;
                default:
                    var (wanted, kind) = (Nullable.GetUnderlyingType(type.Type) ?? type.Type, Find(schema, "type")?.ToString() ?? "");
                    var fits = wanted == typeof(string) ? kind.Contains("string", StringComparison.Ordinal) : wanted == typeof(bool) ? kind.Contains("boolean", StringComparison.Ordinal) : kind.Contains("integer", StringComparison.Ordinal);
                    Wrong.AddRange(fits ? [] : [$"{path} is {kind}, read as {wanted.Name}"]);
                    break;
            }
        }

        private void ReadMembers(JsonTypeInfo type, JsonElement schema, string path)
        {
            if (Find(schema, "properties") is null)
            {
                Open.Add(path);
                return;
            }

            foreach (var member in type.Properties.Where(member => member.Set is not null || member.AssociatedParameter is not null))
            {
                Expect(Member(schema, member.Name), path, $"has no {member.Name}", inner => Read(type.Options.GetTypeInfo(member.PropertyType), inner, $"{path}.{member.Name}"));
            }
        }

        private static JsonTypeInfo Inner(JsonTypeInfo type) => type.Options.GetTypeInfo(type.ElementType!);

        private void Expect(JsonElement? found, string path, string otherwise, Action<JsonElement> goOn)
        {
            if (found is { } inner)
            {
                goOn(inner);
            }
            else
            {
                Wrong.Add($"{path} {otherwise}");
            }
        }

        private JsonElement? Member(JsonElement schema, string name) => Parts(schema)
            .Select(part => part.TryGetProperty("properties", out var members) && members.TryGetProperty(name, out var member) ? member : (JsonElement?)null).FirstOrDefault(member => member is not null);

        private JsonElement? Find(JsonElement schema, string keyword) => Parts(schema).Select(part => part.TryGetProperty(keyword, out var value) ? value : (JsonElement?)null).FirstOrDefault(value => value is not null);

        private IEnumerable<JsonElement> Parts(JsonElement schema) =>
            schema.TryGetProperty("$ref", out var reference) ? Parts(reference.GetString()!.Split('/').Skip(1).Aggregate(document, (at, name) => at.GetProperty(name)))
            : ((string[])["allOf", "oneOf", "anyOf"]).Where(word => schema.TryGetProperty(word, out _)).SelectMany(word => schema.GetProperty(word).EnumerateArray()).SelectMany(Parts).Append(schema);
    }
}
