using System.Reflection;

namespace Spoq.Conductor;

internal static class ConductorVersion
{
    public static string Current { get; } =
        typeof(ConductorVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
