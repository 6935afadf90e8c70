namespace Spoq.Infrastructure.Instances.Providers.Container;

/// <summary>How people come in from outside: a web server that routes by host name and an SSH server that routes by user name.</summary>
internal interface IContainerDoor
{
    /// <summary>Customers come in by SSH.</summary>
    bool IsOpen { get; }

    /// <summary>The host key that visitors see.</summary>
    string? HostKeyFingerprint { get; }

    /// <summary>The key with which it comes to computers on people's behalf.</summary>
    string? HopKey { get; }

    /// <summary>Ports may be new, or gone: routes follow at once. What hinders it is logged and made up for later.</summary>
    Task RefreshAsync(CancellationToken cancellationToken);
}

/// <summary>No gateway is set up: computers are reached at their loopback ports, by this machine alone.</summary>
internal sealed class ClosedDoor : IContainerDoor
{
    public bool IsOpen => false;

    public string? HostKeyFingerprint => null;

    public string? HopKey => null;

    public Task RefreshAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
