namespace Spoq.Core.Instances;

/// <summary>What somebody may do on an instance; each role may what the ones before it may.</summary>
public enum InstanceRole
{
    /// <summary>Sees state and story.</summary>
    Viewer,

    /// <summary>Asks, runs commands, starts and stops.</summary>
    Operator,

    /// <summary>Pays, invites, deletes.</summary>
    Owner,
}

/// <summary>
/// Somebody whom the owner let into an instance, by e-mail address: whoever confirmed that address is meant, also
/// when there is no such account yet. So an invitation tells nobody who has an account.
/// </summary>
public sealed class InstanceMember(Guid id, Guid instanceId, string email, string normalizedEmail, InstanceRole role, DateTimeOffset createdAt)
{
    public const int MostPerInstance = 20;

    public Guid Id { get; private set; } = id;

    public Guid InstanceId { get; private set; } = instanceId;

    public string Email { get; private set; } = email;

    public string NormalizedEmail { get; private set; } = normalizedEmail;

    public InstanceRole Role { get; private set; } = role;

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    public void Become(InstanceRole role) => Role = role;
}

/// <summary>Every "no" about who may use an instance.</summary>
public static class MemberRefusals
{
    public static readonly Refusal NotFound = new("member_not_found", "There is no such member. They may have been removed already.", RefusalKind.NotFound);

    public static readonly Refusal UnknownRole = new("unknown_role", "The role is viewer or operator.", RefusalKind.Invalid, "role");

    public static readonly Refusal Yourself = new("member_is_owner", "This is your own address: the owner is in already.", RefusalKind.Invalid, "email");

    public static readonly Refusal TooMany = new("too_many_members", $"A computer has at most {InstanceMember.MostPerInstance} members. Remove one first.", RefusalKind.Conflict);

    public static Refusal TooManyInvitations(TimeSpan wait) =>
        new("too_many_invitations", "That were many invitations in a short time. Wait as long as Retry-After says.", RefusalKind.TooMany) { RetryAfter = wait };
}
