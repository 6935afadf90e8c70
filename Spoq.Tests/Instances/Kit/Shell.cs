using System.Diagnostics;

namespace Spoq.Tests.Instances.Kit;

internal sealed record Said(int Code, string Output, string Errors);

/// <summary>Runs a program to its end.</summary>
internal static class Shell
{
    public static async Task<Said> RunAsync(string program, IEnumerable<string> arguments, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return new Said(process.ExitCode, await output, await errors);
    }

    /// <summary>Throws, with what it said, unless it succeeds.</summary>
    public static async Task<string> CheckAsync(string script)
    {
        var said = await RunAsync("bash", ["-ec", script]);
        return said.Code == 0 ? said.Output : throw new InvalidOperationException($"Exit code {said.Code}: {said.Output}{said.Errors}");
    }
}
