using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json;
using Spoq.Core.Wire;

namespace Spoq.Conductor;

internal static class ConfigFile
{
    public static bool TryRead(
        string file, [NotNullWhen(true)] out ConductorConfig? config, [NotNullWhen(true)] out IPEndPoint? listen, [NotNullWhen(false)] out string? complaint)
    {
        listen = null;
        config = null;
        complaint = null;
        try
        {
            config = JsonSerializer.Deserialize(File.ReadAllBytes(file), WireJson.Default.ConductorConfig);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            complaint = $"{file} cannot be read: {e.Message}";
            return false;
        }
        catch (JsonException e)
        {
            // The message names the member, never its value.
            complaint = $"{file} is not a Conductor configuration: {e.Message}";
            return false;
        }

        complaint = config is null ? "is empty" : Complain(config, out listen);
        if (complaint is null && config is not null && listen is not null)
        {
            return true;
        }

        complaint = $"{file}: {complaint}";
        return false;
    }

    private static string? Complain(ConductorConfig config, out IPEndPoint? listen)
    {
        // Left out, it is null here: what is generated to read JSON knows no initializers.
        if (!IPEndPoint.TryParse(config.Listen ?? "127.0.0.1:0", out listen))
        {
            return "listen must be an address and a port, such as 127.0.0.1:0.";
        }

        // TLS and the open internet are the business of what stands in front.
        if (!IPAddress.IsLoopback(listen.Address))
        {
            return "listen must be a loopback address, such as 127.0.0.1:0: a web server in front takes requests from outside.";
        }

        if (config.Hostname.Length == 0 || config.Issuer.Length == 0 || config.DataDirectory.Length == 0)
        {
            return "hostname, issuer and data_directory must not be empty.";
        }

        if (!IsHttp(config.JwksUrl) || !IsHttp(config.ControlPlaneUrl))
        {
            return "jwks_url and control_plane_url must be whole http or https addresses.";
        }

        if (config.Model is { } model && (!IsHttp(model.Url) || model.Name.Length == 0))
        {
            return "model needs a whole http or https url, up to and including /v1, and a name.";
        }

        return ModeOf(config) is "cloud" or "local" ? null : "mode must be cloud or local.";
    }

    public static string ModeOf(ConductorConfig config) => config.Mode ?? Environment.GetEnvironmentVariable("SPOQ_DEPLOYMENT_MODE") ?? "cloud";

    private static bool IsHttp(Uri url) => url is { IsAbsoluteUri: true, Scheme: "http" or "https" };
}
