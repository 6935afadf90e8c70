using System.Net;
using System.Security.Cryptography;
using System.Text;
using Spoq.Core.Releases;
using Spoq.Tests.Support;

namespace Spoq.Tests.Cli;

/// <summary>A control plane that gives out builds, with a signing key of its own.</summary>
internal sealed class FakeReleases : IDisposable
{
    private readonly HttpListener _listener;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public FakeReleases()
    {
        _listener = Loopback.Listen(out var root);
        Url = root;
        _ = ServeAsync();
    }

    public Uri Url { get; }

    public string PublicKey => Convert.ToBase64String(_key.ExportSubjectPublicKeyInfo());

    public string Version { get; set; } = "9.9.9";

    /// <summary>What is downloaded.</summary>
    public byte[] Build { get; set; } = Script("echo 9.9.9+abc");

    /// <summary>After so many bytes of the first answer the line breaks.</summary>
    public int? BreaksAfter { get; set; }

    public static byte[] Script(string line) => Encoding.UTF8.GetBytes($"#!/bin/sh\n{line}\n");

    public string Sign(string name, byte[] build, string? version = null) => Convert.ToBase64String(_key.SignData(
        ReleaseSignature.Text(name, version ?? Version, Sha256(build)), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));

    public static string Sha256(byte[] build) => Convert.ToHexStringLower(SHA256.HashData(build));

    public void Dispose()
    {
        _listener.Close();
        _key.Dispose();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var call = await _listener.GetContextAsync();
                await AnswerAsync(call);
            }
            catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException)
            {
                // Hung up, or the test is over.
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext call)
    {
        var body = call.Request.Url!.AbsolutePath switch
        {
            "/health" => """{"status":"ok","version":"0.1.0"}"""u8.ToArray(),
            "/releases/version" => Encoding.UTF8.GetBytes($$"""{"cli":"{{Version}}","conductor":null,"min_cli":"0.0.1","min_conductor":"0.0.1","artifacts":[]}"""),
            "/releases/token" => """{"token":"once","expires_in":1800}"""u8.ToArray(),
            _ => Build,
        };
        var first = call.Request.Headers["Range"] is { } range ? int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture) : 0;
        call.Response.StatusCode = first > 0 ? 206 : 200;
        call.Response.ContentType = "application/json";
        call.Response.ContentLength64 = body.Length - first;
        if (BreaksAfter is { } count && call.Request.Url.AbsolutePath.StartsWith("/releases/spoq", StringComparison.Ordinal))
        {
            BreaksAfter = null;
            await call.Response.OutputStream.WriteAsync(body.AsMemory(first, count));
            await call.Response.OutputStream.FlushAsync();
            call.Response.Abort();
            return;
        }

        await call.Response.OutputStream.WriteAsync(body.AsMemory(first));
        call.Response.Close();
    }
}
