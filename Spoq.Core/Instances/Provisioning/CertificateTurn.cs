namespace Spoq.Core.Instances.Provisioning;

/// <summary>
/// An instance's place in the line for a certificate: authorities limit how many new ones a domain gets in a week. It says
/// nobody's name, and stays when the instance goes, because the certificate was used up all the same.
/// </summary>
public sealed class CertificateTurn(Guid instanceId, DateTimeOffset askedAt)
{
    /// <summary>So long a certificate counts.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromDays(7);

    public Guid InstanceId { get; private set; } = instanceId;

    public DateTimeOffset AskedAt { get; private set; } = askedAt;

    /// <summary>Null: it waits.</summary>
    public DateTimeOffset? TakenAt { get; private set; }

    public void Take(DateTimeOffset now) => TakenAt ??= now;
}
