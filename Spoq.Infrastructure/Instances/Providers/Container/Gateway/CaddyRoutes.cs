using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Spoq.Infrastructure.Instances.Providers.Container.Gateway;

/// <param name="Port">On loopback; null: the computer is off.</param>
internal sealed record Route(string Hostname, int? Port);

/// <summary>The whole configuration of the gateway's web server, written anew from what runs.</summary>
/// <param name="Id">A hash of it, by which it is found again in what Caddy runs.</param>
internal sealed record CaddyRoutes(string Id, byte[] Configuration)
{
    /// <summary>As the gateway itself sees the folder that we share.</summary>
    private const string Admin = "unix//var/lib/spoq-gateway/caddy.sock";

    public static CaddyRoutes Of(IEnumerable<Route> routes, ContainerOptions options)
    {
        var list = new JsonArray([.. routes.OrderBy(route => route.Hostname, StringComparer.Ordinal).Select(Write)]);
        var nobody = Say(404, "There is no computer at this address.");
        list.Add((JsonNode)new JsonObject { ["handle"] = new JsonArray(nobody) });
        var server = new JsonObject { ["listen"] = new JsonArray(options.WebListen), ["routes"] = list };
        var apps = new JsonObject { ["http"] = new JsonObject { ["servers"] = new JsonObject { ["spoq"] = server } } };
        switch (options.Certificates)
        {
            case "none":
                server["automatic_https"] = new JsonObject { ["disable"] = true };
                break;
            case "internal":
                apps["pki"] = new JsonObject { ["certificate_authorities"] = new JsonObject { ["local"] = new JsonObject { ["install_trust"] = false } } };
                apps["tls"] = new JsonObject { ["automation"] = new JsonObject { ["policies"] = new JsonArray(new JsonObject { ["issuers"] = new JsonArray(new JsonObject { ["module"] = "internal" }) }) } };
                break;
        }

        var whole = new JsonObject { ["admin"] = new JsonObject { ["listen"] = Admin, ["origins"] = new JsonArray(CaddyLine.Host) }, ["apps"] = apps };
        var id = $"spoq-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(whole.ToJsonString())))[..24]}";
        nobody["@id"] = id;
        return new CaddyRoutes(id, Encoding.UTF8.GetBytes(whole.ToJsonString()));
    }

    private static JsonNode Write(Route route) => new JsonObject
    {
        ["match"] = new JsonArray(new JsonObject { ["host"] = new JsonArray(route.Hostname) }),
        ["handle"] = new JsonArray(route.Port is { } port
            ? new JsonObject
            {
                ["handler"] = "reverse_proxy",

                // Answers of the agent are streams: each event goes on as it comes.
                ["flush_interval"] = -1,
                ["upstreams"] = new JsonArray(new JsonObject { ["dial"] = $"127.0.0.1:{port}" }),
            }
            : Say(503, "This computer is switched off.")),
        ["terminal"] = true,
    };

    private static JsonObject Say(int status, string text) => new() { ["handler"] = "static_response", ["status_code"] = status, ["body"] = text + "\n" };
}
