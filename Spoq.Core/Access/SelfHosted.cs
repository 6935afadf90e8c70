using System.Text.RegularExpressions;

namespace Spoq.Core.Access;

/// <summary>
/// A program that runs on its owner's own machine and is known by its id alone, such as <c>dex-a1b2c3d4</c>: nobody
/// vouches for its name, so it may send answers only where its owner must be.
/// </summary>
public static partial class SelfHosted
{
    public static bool IsId(string? clientId) => clientId is not null && Id().IsMatch(clientId);

    [GeneratedRegex(@"^[a-z][a-z0-9]{1,15}-[0-9a-f]{8}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Id();
}
