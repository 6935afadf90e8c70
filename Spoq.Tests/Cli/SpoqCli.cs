using System.Diagnostics;
using Spoq.Tests.Support;

namespace Spoq.Tests.Cli;

/// <summary>What a command printed, and how it ended.</summary>
internal sealed record Printed(int ExitCode, string Output, string Errors);

/// <summary>The real <c>spoq</c> as a child process of a person with a home of their own.</summary>
internal sealed class SpoqCli : IDisposable
{
    private readonly Dictionary<string, string> _environment;

    public SpoqCli(Uri? controlPlane = null)
    {
        Home = Path.Combine(Folder, "home");
        _environment = new() { ["SPOQ_HOME"] = Home, ["SPOQ_BROWSER"] = "none", ["HOME"] = Folder, ["TERM"] = "xterm-256color", ["NO_COLOR"] = "", ["SPOQ_SOCKET"] = "" };
        if (controlPlane is not null)
        {
            _environment["SPOQ_URL"] = controlPlane.ToString();
        }
    }

    /// <summary>Where commands run.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("spoq-cli-").FullName;

    public string Home { get; }

    public string Credentials => Path.Combine(Home, "credentials");

    public string this[string variable]
    {
        set => _environment[variable] = value;
    }

    public Task<Printed> RunAsync(params string[] arguments) => PipeAsync(null, arguments);

    public async Task<Printed> PipeAsync(string? input, params string[] arguments)
    {
        using var process = Start(arguments);
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input);
        }

        process.StandardInput.Close();
        return await EndAsync(process);
    }

    public Process Start(params string[] arguments) => Start("dotnet", [Program, .. arguments]);

    /// <summary>On a terminal of this width; what it shows holds both outputs, escape sequences included.</summary>
    /// <param name="keys">What the person types.</param>
    /// <param name="columns">Its width.</param>
    /// <param name="command">For a shell, such as <c>spoq ask hello</c>.</param>
    public async Task<Printed> OnTerminalAsync(string keys, int columns, string command)
    {
        using var process = Start("script", ["-qefc", $"stty cols {columns} -echo; spoq() {{ dotnet '{Program}' \"$@\"; }}; {command}", "/dev/null"]);
        await process.StandardInput.WriteAsync(keys);
        await process.StandardInput.FlushAsync();
        return await EndAsync(process);
    }

    public static async Task<Printed> EndAsync(Process process)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return new Printed(process.ExitCode, output.Trim(), (await errors).Trim());
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string Program { get; } = Repository.Built("Spoq.Cli", "spoq.dll");

    private Process Start(string file, string[] arguments)
    {
        // As at a person's terminal, however these tests are run: a shell's background job ignores Ctrl-C, and CI is a word that programs listen to.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "--unset=CI", file, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder };
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
