using System.Net;
using System.Text.RegularExpressions;
using Spoq.Tests.Support;

namespace Spoq.Bench;

/// <summary>Bytes on the wire of the public pages with all they load, against the budget of 60 KiB.</summary>
internal static partial class PageWeightBench
{
    private const double Budget = 60 * 1024;

    private static readonly string[] s_pages = ["/", "/pricing", "/local", "/docs", "/login", "/signup", "/privacy", "/terms", "/status"];

    public static async Task RunAsync()
    {
        await using var server = await SpoqServer.NewAsync();
        using var client = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None }) { BaseAddress = server.BaseUrl };
        client.DefaultRequestHeaders.Add("Accept-Encoding", "br, gzip");
        using var plain = new HttpClient { BaseAddress = server.BaseUrl };
        foreach (var page in s_pages)
        {
            var html = await plain.GetStringAsync(new Uri(page, UriKind.Relative));
            var parts = Parts().Matches(html).Select(match => match.Groups[1].Value).Where(path => !path.Contains("://", StringComparison.Ordinal)).Distinct().ToList();
            var bytes = await BytesAsync(client, page);
            foreach (var part in parts)
            {
                bytes += await BytesAsync(client, part);
            }

            Console.WriteLine($"{page,-10} {bytes / 1024.0,6:0.0} KiB in {parts.Count + 1} requests, {bytes / Budget:0.00} of the budget");
        }
    }

    private static async Task<long> BytesAsync(HttpClient client, string path)
    {
        var body = await client.GetByteArrayAsync(new Uri(path, UriKind.Relative));
        return body.LongLength;
    }

    [GeneratedRegex("<(?:link[^>]+rel=\"(?:stylesheet|icon|preload|manifest)\"[^>]+href|script[^>]+src|img[^>]+src)=\"([^\"]+)\"")]
    private static partial Regex Parts();
}
