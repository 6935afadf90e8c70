namespace Spoq.Core.Wire;

/// <summary>Beside the desired state on a computer: one empty file for each device whose key was let in, named by the device's id; its time says when.</summary>
public static class SeenFolder
{
    public const string Name = "seen";
}
