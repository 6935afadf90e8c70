using System.Text;
using Spoq.Cli.Terminal;

namespace Spoq.Cli.Ask;

/// <summary>What is asked, put together from the command line, the files it names, and the pipe.</summary>
internal sealed record Question(string Prompt, Attachments Attachments)
{
    private const int MaxPromptBytes = 256 * 1024;

    // A job runner's pipe that nobody writes to must not hold a question up for ever.
    private static readonly TimeSpan s_pipePatience = TimeSpan.FromSeconds(3);

    /// <param name="words">As typed: <c>-</c> stands for the pipe, <c>@path</c> for a file.</param>
    /// <param name="files">Of <c>--file</c>.</param>
    /// <param name="screen">Is told what was left out.</param>
    /// <param name="cancellationToken">Stops reading the pipe.</param>
    public static async Task<Question> ReadAsync(string[] words, string[] files, Screen screen, CancellationToken cancellationToken)
    {
        var attachments = new Attachments();
        Array.ForEach(files, attachments.Add);
        var spoken = words.Where(word => word != "-").ToList();
        foreach (var named in spoken.SelectMany(word => word.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Where(IsFile))
        {
            attachments.Add(named[1..]);
        }

        var prompt = string.Join(' ', spoken).Trim();
        var piped = await PipedAsync(words, prompt, screen, cancellationToken);
        if (piped is { Length: > 0 } && prompt.Length > 0)
        {
            attachments.AddText("stdin", piped);
        }

        prompt = prompt.Length > 0 ? prompt : piped?.Trim() ?? "";
        Check(prompt);
        Tell(attachments, screen);
        return new Question(prompt, attachments);
    }

    /// <summary>An @ that names nothing is just an @: <c>ask "who is @alice?"</c>.</summary>
    private static bool IsFile(string word) => word.Length > 1 && word[0] == '@' && (Path.Exists(word[1..]) || PathPattern.IsPattern(word[1..]));

    private static void Check(string prompt)
    {
        if (prompt.Length == 0)
        {
            throw new CommandFailedException(ExitCode.Usage, "Ask something: spoq ask \"your question\", or send it through a pipe.");
        }

        if (Encoding.UTF8.GetByteCount(prompt) > MaxPromptBytes)
        {
            throw new CommandFailedException(ExitCode.Usage, "This question is longer than 256 KiB. Put the text into a file and send that: spoq ask \"your question\" --file notes.txt");
        }
    }

    private static void Tell(Attachments attachments, Screen screen)
    {
        if (attachments.Files.Count > 0)
        {
            screen.Detail($"Sending {attachments.Files.Count} files, {attachments.Bytes / 1024.0:0.0} KiB.");
        }

        if (attachments.Skipped > 0)
        {
            screen.Note($"Left out {attachments.Skipped} files that are not text or larger than 1 MiB.");
        }
    }

    /// <summary>Null: nothing is piped.</summary>
    private static async Task<string?> PipedAsync(string[] words, string prompt, Screen screen, CancellationToken cancellationToken)
    {
        var isWanted = words.Contains("-") || prompt.Length == 0;
        if (!Console.IsInputRedirected && (prompt.Length > 0 || !words.Contains("-")))
        {
            return null;
        }

        using var input = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
        var first = new char[1];
        var reading = input.ReadAsync(first, cancellationToken).AsTask();
        if (!isWanted && await Task.WhenAny(reading, Task.Delay(s_pipePatience, cancellationToken)) != reading)
        {
            cancellationToken.ThrowIfCancellationRequested();
            screen.Note("Nothing came through the pipe in 3 s, so it is not waited for. Put - into the command to wait.");
            return null;
        }

        return await reading.WaitAsync(cancellationToken) == 0 ? "" : first[0] + await RestAsync(input, cancellationToken);
    }

    private static async Task<string> RestAsync(StreamReader input, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var block = new char[16 * 1024];
        int read;
        while ((read = await input.ReadAsync(block, cancellationToken).AsTask().WaitAsync(cancellationToken)) > 0)
        {
            text.Append(block, 0, read);
            if (text.Length > Attachments.MaxFileBytes)
            {
                throw new CommandFailedException(ExitCode.Usage, "What comes through the pipe is larger than 1 MiB. Send less of it, for example through: tail -c 1M");
            }
        }

        return text.ToString();
    }
}
