using System.Diagnostics;
using Spoq.Tests.Support;

namespace Spoq.Tests.Releases;

/// <summary>What <c>scripts/publish</c> really makes, once for the whole run.</summary>
internal static class Published
{
    private static readonly Lazy<Task<string>> s_folder = new(PublishAsync);

    /// <summary>The folder with the binaries and their manifest.</summary>
    public static Task<string> FolderAsync() => s_folder.Value;

    private static async Task<string> PublishAsync()
    {
        var folder = Repository.Artifacts("binaries");
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, "scripts", "publish")) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["SPOQ_BINARIES"] = folder;
        using var publish = Process.Start(start)!;
        var (output, errors) = (publish.StandardOutput.ReadToEndAsync(), publish.StandardError.ReadToEndAsync());
        await publish.WaitForExitAsync();
        var said = await output + await errors;
        Assert.True(publish.ExitCode == 0, $"scripts/publish failed: {said}");
        Assert.Equal("publish: SPOQ_SIGNING_KEY is not set: these builds are not signed, and take updates without a signature.\n", said);
        return folder;
    }
}
