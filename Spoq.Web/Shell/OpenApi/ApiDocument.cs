using System.Security.Cryptography;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace Spoq.Web.Shell.OpenApi;

/// <summary>The OpenAPI document, made from the endpoints once a process: they do not change while it runs.</summary>
internal sealed class ApiDocument(IServiceProvider services) : IDisposable
{
    public const string Name = "v1";
    public const string Path = "/openapi/v1.json";

    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile Made? _made;

    public sealed record Made(OpenApiDocument Document, byte[] Json, EntityTagHeaderValue Tag);

    public async Task<Made> GetAsync(CancellationToken cancellationToken)
    {
        if (_made is { } made)
        {
            return made;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            return _made ??= await MakeAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<Made> MakeAsync(CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        var provider = scope.ServiceProvider.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name);
        var document = await provider.GetOpenApiDocumentAsync(cancellationToken);
        using var text = new MemoryStream();
        await document.SerializeAsJsonAsync(text, OpenApiSpecVersion.OpenApi3_1, cancellationToken);
        var json = text.ToArray();
        return new Made(document, json, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(json))[..16]}\""));
    }
}
