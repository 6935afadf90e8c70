namespace Spoq.Infrastructure.Instances.Providers.Local;

/// <summary>Section <c>Local</c>: computers as processes of this machine. Development only.</summary>
public sealed class LocalOptions
{
    public const string Section = "Local";

    /// <summary>The Conductor to start; unset: the one that was built with this control plane and lies beside it.</summary>
    public string ConductorPath { get; set; } = Path.Combine(AppContext.BaseDirectory, "conductor", "Spoq.Conductor.dll");

    /// <summary>Stop the Conductors when the control plane is stopped in an orderly way; after a crash they live on.</summary>
    public bool StopOnExit { get; set; }

    /// <summary>Seconds between asking a Conductor to stop and ending it.</summary>
    public double StopGraceSeconds { get; set; } = 5;
}
