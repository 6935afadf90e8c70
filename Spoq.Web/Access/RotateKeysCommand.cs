using Spoq.Infrastructure.Access;

namespace Spoq.Web.Access;

/// <summary><c>Spoq.Web rotate-keys</c>; with <c>--withdraw</c> no token of the old keys is good any more.</summary>
internal static class RotateKeysCommand
{
    public const string Name = "rotate-keys";

    public static async Task<int> RunAsync(IServiceProvider services, IReadOnlyList<string> args)
    {
        var rotation = services.GetRequiredService<SigningKeyRotation>();
        var isEmergency = args.Contains("--withdraw");
        var kid = isEmergency ? await rotation.ReplaceAsync(CancellationToken.None) : await rotation.RotateAsync(CancellationToken.None);
        Console.WriteLine(kid switch
        {
            null => "A new key is published already and waits for its time to sign. Nothing was changed.",
            _ when isEmergency => $"The key {kid} signs from now on. Every token signed before is void: people and programs sign in or refresh again.",
            _ => $"The key {kid} is published and signs in 15 minutes. Tokens of the old one stay good until they expire.",
        });
        return 0;
    }
}
