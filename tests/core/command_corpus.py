"""The shipped list of commands, and commands that it has to tell apart."""

import os
import re

from agence.guard.commands import parse_policy

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
with open(os.path.join(ROOT, "commands.json"), encoding="utf-8") as file:
    TEXT = file.read()
SHIPPED = parse_policy(TEXT)


def _commands(text: str) -> list[str]:
    return [part.strip() for part in re.split(r" \| |\n", text) if part.strip()]


# Commands that write files, run other programs, reach out or show what is private. None may run
# without a person, however it is spelt.
_DANGEROUS = """
git log --output=README.md | git log --output README.md | git diff --output=x | git diff --outpu=x
git show --ext-diff | git log -p --textconv | git diff --no-index /etc/shadow /dev/null
git diff /etc/shadow /dev/null | git diff ../../a ../b | git -c core.pager=id log
git --exec-path=/tmp status | git branch -D main | git branch -d x | git branch new
git branch -m a b | git branch -f x y | git branch --edit-description | git tag v1 | git tag -d v1
git remote add x y | git remote set-url origin z | git grep -O x
git grep --open-files-in-pager=id x | git grep -Oid x | git grep --no-index x
git grep -f /etc/passwd | git fetch --upload-pack=id origin | git fetch --upload-p=id o
git fetch ext::sh origin | git fetch https://x/y | git ls-remote --upload-pack=id .
git ls-remote ext::id | git reflog expire --all | git cat-file --textconv x
git rev-parse --parseopt | git cat-file --batch | git log --exec=id | git status --column
git diff -O/etc/passwd | git archive HEAD | git bundle create x | git config alias.x !id | git x
git update-ref HEAD x | git hook run y | git push | git push --force | git push -f | git push -uf
git push origin +main | git push origin :main | git push --mirro | git push --delete origin x
git push -d origin x | git commit -m x | git commit --no-verify | git reset --hard
git reset -q --hard | git clean -fdx | git gc | git filter-branch | git stash drop
find . -exec id {} + | find . -execdir id + | find . -ok id + | find . -delete | find . -fprint x
find . -fls x | find / -name x | find .. -name x | find -L . | find . -fprintf x %p
find . -files0-from x | rg --pre id x | rg --pre=id x | rg --hostname-bin=id x | rg -z x
rg --hidden x | rg -uu x | rg x /etc | rg -f /etc/passwd | rg --no-ignore x | rg -g .env x
rg -g .* x | rg x .env | rg -L x | rg --search-zip x | grep -f /etc/passwd x | grep -R x .
grep x .git/config | grep --include=.env x -r . | grep x ../y | grep x /etc/passwd
grep -rnf /etc/passwd . | grep --include=*.pem -r x . | sort -o x y | sort --output=x y
sort --compress-program=id x | sort -ro x y | sort -T /tmp x | sort --files0-from=x | uniq a b
tree -o x | tree / | date -s now | date 01010101 | file -C -m x | file -m /etc/passwd x
wc --files0-from=x | tail -f x | cat /etc/passwd | cat ~/.ssh/id_rsa | cat .env | cat a/.env.local
cat .git/config | cat x/../../y | cat SERVER.PEM | cat secrets.yaml | cat -- /etc/passwd
cat -- -x/../../y | cat C:/x | cat .SSH/config | cat .. | head -c5 /etc/passwd
head .aws/credentials | ps aux e | ps e | ps auxe | ps eww | id -a x y | which ./x | tr a b c
diff -r . / | diff -N a b | sed -n 1p x | awk 1 x | jq . x | less x | more x | vim x | xxd x
dd if=x | kubectl get secrets | kubectl get Secret/x -o yaml | kubectl get pods,secrets
kubectl get --raw=/x | kubectl delete pod x | kubectl --context=x delete pod y
kubectl get -o go-template-file=/etc/passwd x | kubectl exec x -- sh
kubectl get pods --kubeconfig=x | docker run x | docker rm x | docker -H tcp://x ps
docker compose rm x | docker system prune | terraform apply | terraform destroy
terraform plan -destroy | terraform plan --destroy | terraform plan -out=main.tf
terraform plan -out README.md | terraform -chdir=.. apply | terraform init | terraform init -upgrade
terraform state rm x | terraform plan -var-file=/etc/passwd | terraform workspace delete x
terraform plan -chdir=x | make test X=1 | make -f x test | make test SHELL=id | make
make test deploy | pytest -p x | pytest -c x | pytest /tmp/x | pytest --rootdir=/ | pytest -o x=y
npm test -- x | npm run x | npm test --script-shell=id | go test -exec id ./...
go test -toolexec=id ./... | go test -o x . | cargo test --config x | cargo run | npx x | uvx x
pip install x | gh pr merge 1 | gh pr view 1 --web | gh api -X DELETE x | gh repo delete x
gh secret set x | gh pr view https://x/y | gh alias set a b | aws s3 rm x
aws ec2 terminate-instances | aws secretsmanager get-secret-value | curl http://x | curl -K x
wget x | ssh h | rm x | rm -rf / | sudo id | env id | env | xargs rm | nohup x | timeout 5 rm x
bash -c id | bash -lc id | sh x.sh | python -c 1 | python3.11 -c 1 | node -e 1 | node --eval 1
perl -ne 1 | command rm x | eval x | printenv | export | crontab -e | kill 1 | pkill x | chmod 644 x
systemctl status x | reboot | mount -a | mkfs.ext4 x | Remove-Item x | iex x | busybox rm | ./x
/tmp/git status | ../git status | GIT status | g\u0456t status | git\u00a0status | status\u200b
true | tee x | cp a b | mv a b | FOO=1 rm x | LD_PRELOAD=x ls | ls --color=x | ls /root | ls -la ..
ls --col | history | trap x | exec x | . x
"""
_HARMLESS = """
git-status | git-status --short | git status -sb | git status --porcelain=v2 . | git log
git log --oneline -5 | git log -n5 --stat
git log --oneline --graph --all main..feature/x -- src docs | git log -p HEAD~3
git log --since 2.weeks --author Ann | git log --format=%h%x20%s | git log -S needle
git log --grep=x -i | git log -L 1,5:README.md | log | show HEAD | git show HEAD^:src/a.py
git show stash@{0} | git show --stat v1.0 | git diff | git diff --cached --stat
git diff HEAD~2 -U1 | git diff main...topic -- a/b.c | git diff --name-only @{u} | git branch
git branch -a | git branch -vv --contains main | git branch --merged main | git remote -v
git remote | git tag -l | git tag --sort=-creatordate | git describe --tags | git reflog -5
git rev-parse HEAD | git rev-parse --abbrev-ref HEAD | git ls-files src | git ls-tree -r HEAD
git blame -L 1,5 a.py | git grep -n x | git grep -n x HEAD -- src | git cat-file -p HEAD
git stash list | git stash show stash@{0} -p | git fetch | git fetch origin main
git fetch --all --prune | git ls-remote --heads origin | git shortlog -sne HEAD
git show-ref --heads | git merge-base main topic | git count-objects -vH | git worktree list | ls
ls -la | ls -la src docs | cat README.md | cat -n a/b.py | head -5 x | head -n 5 x y | tail -n +5 x
wc -l x | file x | grep -rn x . | grep -rniE x src docs | grep -A3 x y | grep -- -x y
grep --include=*.py -rn x . | rg x | rg -n x src | rg -t py -g *.md x | rg -- --flag docs
find . -name *.py | find . -type f -mtime -7 | find src -maxdepth 2 -not -name x
find . -path ./x -prune -o -print | stat x | tree -L 2 | du -sh . | diff -u a b | cut -d, -f1 x
sort -rn x | sort -k2 -t, x | uniq -c x | tr a b | sha256sum x | echo x | printf %s x | pwd
which git | whoami | id | uname -a | uptime | date -u | df -h | free -m | ps -ef | ps aux | lscpu
lsblk | make test | make-test | tests | make check | pytest
pytest -xq tests/core/test_a.py::test_b -k "a and b" | npm test | cargo test | go test ./... -run X
terraform plan | tfplan | terraform plan -out=tfplan -var-file=dev.tfvars | terraform validate
terraform version | terraform fmt -check | kubectl get pods | kubectl get pods -A -o wide
kubectl get deploy/x -n y -o yaml | kubectl describe pod x | kubectl logs x --tail=50 | docker ps -a
docker images | docker logs x --tail 50 | gh pr list --state open -L 5
gh pr view 12 --json title,body | gh issue view 3 --comments | gh run view 5 --log
cat src/credentials.py | cat docs/secret_sharing.md | ls secrets_test | cat src/keys.py
git log --oneline feature/environment
"""

DANGEROUS = _commands(_DANGEROUS)
HARMLESS = _commands(_HARMLESS)
