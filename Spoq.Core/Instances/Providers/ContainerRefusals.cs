namespace Spoq.Core.Instances.Providers;

/// <summary>Every "no" to somebody who works on containers directly.</summary>
public static class ContainerRefusals
{
    public static readonly Refusal NotFound = new("container_not_found", "No container belongs to this instance. Check the id; a new one is made by ordering an instance.", RefusalKind.NotFound);

    public static readonly Refusal NotRunning = new("container_not_running", "The container does not run. Start the instance first.", RefusalKind.Conflict);

    public static readonly Refusal InUse = new("container_in_use", "This container belongs to an instance that is in use. Delete the instance; its container goes with it.", RefusalKind.Conflict);

    public static readonly Refusal NotAContainer = new("not_a_container", "This instance does not run as a container.", RefusalKind.Conflict);

    public static readonly Refusal NoSuchProfile = new("profile_not_found", "The owner of this instance has no profile with this user name.", RefusalKind.NotFound, "username");

    public static readonly Refusal NotLetIn = new("operator_key_required", "Send the operator key of this installation: Authorization: Bearer <key>.", RefusalKind.Unauthenticated);

    public static Refusal Refused(ProviderException no) => new(no.Code, no.Message, no.WaitFor is null ? RefusalKind.Conflict : RefusalKind.Unavailable) { RetryAfter = no.WaitFor };

    public static Refusal CommandFailed(string said) => new("command_failed", $"The container did not do it: {said}", RefusalKind.Conflict);
}
