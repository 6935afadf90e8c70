namespace Spoq.Core.Devices;

/// <summary>Where a handle's public keys are published.</summary>
public interface IKeyDirectory
{
    /// <param name="handle">As <see cref="Handle.Check"/> gave it.</param>
    Task<DirectoryAnswer> FindAsync(string handle, CancellationToken cancellationToken);
}

/// <summary>Nobody of that name, and nobody at home, are different answers: the first is a typo, the second passes.</summary>
public abstract record DirectoryAnswer
{
    private DirectoryAnswer()
    {
    }

    public sealed record Found(KeyList List) : DirectoryAnswer;

    public sealed record Unknown : DirectoryAnswer;

    /// <param name="Reason">For our own log.</param>
    public sealed record Unavailable(string Reason) : DirectoryAnswer;
}
