using Spoq.Core.Wire;

namespace Spoq.Tests.Conductor;

internal static class Configs
{
    /// <summary>An instance of nobody, with all that a configuration must name.</summary>
    public static ConductorConfig Of(string dataDirectory, string controlPlane = "https://spoq.test") => new()
    {
        InstanceId = Guid.NewGuid(),
        OwnerId = Guid.NewGuid(),
        Hostname = "alice.spoq.test",
        Issuer = controlPlane,
        JwksUrl = new Uri(controlPlane + "/.well-known/jwks.json"),
        ControlPlaneUrl = new Uri(controlPlane),
        DataDirectory = dataDirectory,
    };
}
