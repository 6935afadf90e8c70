using System.Diagnostics;

namespace Spoq.Tests.Releases;

/// <summary>A POSIX shell with an empty home of its own.</summary>
internal sealed class PosixShell : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("spoq-home-");

    public string Home => _home.FullName;

    public string Installed => Path.Combine(Home, "bin", "spoq");

    public void Dispose() => _home.Delete(recursive: true);

    /// <summary>Runs a command line.</summary>
    public Task<(int Code, string Output, string Errors)> RunAsync(string command) => RunAsync(["-c", command], null);

    /// <summary>Pipes a script into the shell, as <c>curl … | sh</c> does.</summary>
    public Task<(int Code, string Output, string Errors)> PipeAsync(string script) => RunAsync([], script);

    private async Task<(int Code, string Output, string Errors)> RunAsync(string[] arguments, string? input)
    {
        var start = new ProcessStartInfo("/bin/sh", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Home };
        start.Environment["HOME"] = Home;
        start.Environment["SPOQ_INSTALL_DIR"] = Path.Combine(Home, "bin");
        using var shell = Process.Start(start)!;
        var (output, errors) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.StandardInput.WriteAsync(input);
        shell.StandardInput.Close();
        await shell.WaitForExitAsync();
        return (shell.ExitCode, await output, await errors);
    }
}
