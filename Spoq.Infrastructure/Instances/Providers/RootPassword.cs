using System.Security.Cryptography;

namespace Spoq.Infrastructure.Instances.Providers;

/// <summary>A password that vendors insist on and nobody ever needs: random, told to the vendor once, and forgotten.</summary>
internal static class RootPassword
{
    private const string Letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    /// <summary>Upper, lower, digits and signs in every one: the strictest of our vendors wants three digits and a sign, or one and two.</summary>
    public static string New() => RandomNumberGenerator.GetString(Letters, 28) + "aZ417!_";
}
