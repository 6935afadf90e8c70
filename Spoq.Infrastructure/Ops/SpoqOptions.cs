namespace Spoq.Infrastructure.Ops;

/// <summary>Section <c>Spoq</c>: who we are to the outside.</summary>
public sealed class SpoqOptions
{
    public const string Section = "Spoq";

    /// <summary>Where browsers reach this installation, such as <c>https://spoq.dev</c>; development: <c>http://localhost:{PORT}</c>.</summary>
    public Uri BaseUrl { get; set; } = null!;

    /// <summary>The zone of customers' addresses; its pages are hostile siblings of ours. Development: <c>localhost</c>.</summary>
    public string InstanceDomain { get; set; } = null!;

    /// <summary>Comma-separated: <c>web</c> (pages, API, hubs), <c>worker</c> (reconcilers, inbox, outbox).</summary>
    public string Roles { get; set; } = "web,worker";

    /// <summary>Opens <c>/internal/containers/…</c>: for our own hands and scripts. Unset: closed to all.</summary>
    public string? OperatorKey { get; set; }

    /// <summary>What development keeps between runs: the database, local computers, generated keys.</summary>
    public string DataDirectory { get; set; } = null!;

    public bool IsWorker => Roles.Split(',', StringSplitOptions.TrimEntries).Contains("worker", StringComparer.OrdinalIgnoreCase);
}
